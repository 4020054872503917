/** The one door to the package that reads command lines. */
export { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
