import * as z from 'zod';
import { hostPort } from './edge.ts';
import { anyHeaderName, doc, pathGlob } from './fields.ts';
import { bytes, duration } from './units.ts';

/** The name of a form's field, as it stands in `name="…"`. */
const field = z.string().regex(/^[^\x00-\x20\x7f"'<>]{1,80}$/, { error: 'is not the name of a form field' });

/** Bech32 with the checksum's length; whether the checksum holds is found when the inbox opens. */
const recipient = z
  .string()
  .regex(/^age1[02-9ac-hj-np-z]{58}$/, { error: 'is not a public key of age: age1 and 58 letters and digits' })
  .meta({ type: 'public key' });

/** An address, or a block of them in CIDR notation. */
const addressBlock = z
  .string()
  .regex(/^[0-9a-fA-F.:]{2,45}(?:\/\d{1,3})?$/, { error: 'is not an IP address, nor a block such as 10.0.0.0/8' })
  .meta({ type: 'IP address' });

const wordpressForm = z.strictObject({
  use: doc(z.literal('wordpress'), "WordPress's own comment form"),
  path: doc(pathGlob.default('/wp-comments-post.php'), 'Where the form posts to'),
  required: doc(
    z.array(field).default(['author', 'email']),
    'What must be filled in beside the comment, as WordPress is set to ask; none where names are optional',
  ),
});

const mappedForm = z.strictObject({
  use: doc(z.literal('fields'), 'Any other form, by the names of its fields'),
  path: doc(pathGlob, 'Where the form posts to; `*` stands for anything within a part, `**` for any depth'),
  text: doc(field, "The field with the visitor's words"),
  author: doc(field.optional(), "The field with the visitor's name"),
  email: doc(field.optional(), 'The field with an e-mail address'),
  page: doc(field.optional(), 'The field that says what is commented on'),
  required: doc(z.array(field).default([]), 'Other fields that must be filled in'),
  stored: doc(
    z.array(z.int().min(200).max(399)).min(1).default([201, 302, 303]),
    'Statuses by which the origin says that it has stored a comment; any other below 400 is a refusal',
  ),
});

const limits = z.strictObject({
  body: doc(bytes().prefault('16KB'), 'Largest submission'),
  perAddress: doc(z.int().min(1).default(5), 'Most submissions of one address within `window`'),
  window: doc(duration('1d').prefault('10m'), 'How long a submission counts against its address'),
  perSecond: doc(z.int().min(1).default(50), 'Most submissions a second in all'),
  entries: doc(z.int().min(1).default(10_000), 'Most submissions kept at once'),
  bytes: doc(bytes().prefault('200MB'), 'Most room that they may take'),
});

const replay = z.strictObject({
  user: doc(z.string().min(1).optional(), 'A user of WordPress who may moderate comments, for faster delivery'),
  password: doc(
    z.string().min(1).optional(),
    'An application password of that user, as `env:NAME` or `file:PATH`; read by `inbox replay` only',
  ),
  identity: doc(
    z.string().min(1).optional(),
    'The private key of `recipient`, as `env:NAME` or `file:PATH`; read by `inbox replay` and `inbox show` only',
  ),
  probe: doc(pathGlob.default('/'), 'What is asked for to see that the origin is well'),
});

/** Where submissions are taken and kept while the origin is away. */
export const inbox = z.strictObject({
  listen: doc(hostPort.default('127.0.0.1:8790'), 'Where `holdfast inbox` listens, behind the edge'),
  recipient: doc(
    recipient.optional(),
    'Public key (age, X25519) that submissions are sealed to: the service cannot read back what it keeps',
  ),
  forms: doc(
    z
      .array(z.discriminatedUnion('use', [wordpressForm, mappedForm]))
      .min(1)
      .prefault([{ use: 'wordpress' }]),
    'The forms it takes; `edge.comments.paths` sends them here',
  ),
  honeypot: doc(field.optional(), 'A field that people do not see: a form in which it is filled is refused'),
  minimumFill: doc(
    duration('1h').optional(),
    'Refuse a form sent sooner after its page was opened, where the browser runs scripts',
  ),
  trusted: doc(
    z.array(addressBlock).default(['127.0.0.1', '::1']),
    'Who may say in X-Forwarded-For which address a visitor has: the edge',
  ),
  forward: doc(anyHeaderName.default('X-Forwarded-For'), "The header in which the origin wants a visitor's address"),
  deadline: doc(duration('1m').prefault('3s'), 'Longest time to try the origin before a submission is kept'),
  limits: limits.prefault({}),
  replay: replay.prefault({}),
});
