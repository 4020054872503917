import { HoldfastError } from '../model/errors.ts';

/** Makes bytes that only the holder of a private key can read, or leaves them as they are. */
export interface Seal {
  close(bytes: Buffer): Promise<Buffer>;
}

/** Reads what a seal closed. */
export interface Unsealer {
  /** Throws `inbox-sealed` where it was sealed to a key that is not at hand. */
  open(bytes: Buffer): Promise<Buffer>;
}

// The package is loaded where something is sealed or opened: it works out its curves' constants first, a tenth of a second of them.

/** Begins every file of age. */
const AGE = Buffer.from('age-encryption.org/v1\n');

/** Whether bytes were sealed. */
export const isSealed = (bytes: Buffer): boolean => bytes.subarray(0, AGE.length).equals(AGE);

/** Seals to a public key; without one nothing is sealed. Throws `config-invalid` for a key that is none. */
export async function createSeal(recipient: string | undefined): Promise<Seal> {
  if (recipient === undefined) return { close: async (bytes) => bytes };
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch (error) {
    throw new HoldfastError('config-invalid', 'inbox.recipient: its checksum does not hold', {
      cause: error,
      hint: 'copy the whole public key, as age-keygen printed it',
    });
  }
  return { close: async (bytes) => Buffer.from(await encrypter.encrypt(new Uint8Array(bytes))) };
}

/** Opens by a private key; without one only what was never sealed. Throws `inbox-sealed` for a key that is none. */
export async function createUnsealer(identity: string | undefined): Promise<Unsealer> {
  const decrypter = identity === undefined ? undefined : new (await import('age-encryption')).Decrypter();
  try {
    if (identity !== undefined) decrypter?.addIdentity(identity);
  } catch (error) {
    throw new HoldfastError('inbox-sealed', 'the identity is not a private key of age', {
      cause: error,
      hint: 'it begins with AGE-SECRET-KEY-1',
    });
  }
  return {
    open: async (bytes) => {
      if (!isSealed(bytes)) return bytes;
      const why = identity === undefined ? 'and no identity was given' : 'and not to this identity';
      try {
        if (decrypter === undefined) throw new Error(why);
        return Buffer.from(await decrypter.decrypt(new Uint8Array(bytes)));
      } catch (error) {
        throw new HoldfastError('inbox-sealed', `a submission is sealed, ${why}`, {
          cause: error,
          hint: 'give the private key of inbox.recipient: inbox.replay.identity, or --identity FILE',
        });
      }
    },
  };
}
