export { defineConfig } from './config/define.ts';
export type { Config, HoldfastConfig } from './config/schema.ts';
export type { ReportJson } from './cycle/report.ts';
export { ERRORS, type ErrorCode, EXIT, HoldfastError, type Stage } from './model/errors.ts';
export type { Encoding, FileKind, Manifest, ReleaseFile } from './model/manifest.ts';
export type {
  Control,
  ControlRecord,
  ControlState,
  Destination,
  OpenFile,
  PruneReport,
  Transfer,
} from './publish/destination.ts';
export type { Analytics, Markup, PageFacts } from './render/analytics/port.ts';
