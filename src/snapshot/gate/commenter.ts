import { decodeEntities } from '../../model/entities.ts';
import type { MarkupScanner } from '../../model/markup.ts';

const COMMENTER_FIELD = /^(?:author|email|url|comment[_-]author(?:[_-](?:email|url))?)$/i;
/** What themes write into a field to say what belongs there. */
const PLACEHOLDER =
  /^\W*(?:(?:your|ihre?|deine?|votre|tu|seu|uw)\W+)?(?:full\W+)?(?:name|nom|nombre|nome|naam|author|autor|auteur|e-?mail[\w -]*|guest|gast|anonym\w*|website|url|https?:\/\/|名前|お名前)\W*(?:\(?(?:required|optional|erforderlich|obligatoire|obligatorio)\)?)?\W*$/i;

/** Name of the field when the scanner stands on a commenter's field that came with a person's name or address in it. */
export function prefilledField(scanner: MarkupScanner): string | undefined {
  const name = scanner.raw('name') ?? '';
  const value = (scanner.raw('value') ?? '').trim();
  if (value === '' || !COMMENTER_FIELD.test(name)) return undefined;
  // A script that empties the field when one enters it shows that the value is a label.
  const isLabel =
    scanner.attribute('onfocus') !== -1 || value === scanner.raw('placeholder') || value === scanner.raw('title');
  // Labels in other scripts are known in UTF-8 only.
  const text = decodeEntities(Buffer.from(value, 'latin1').toString());
  return isLabel || PLACEHOLDER.test(text) ? undefined : name;
}
