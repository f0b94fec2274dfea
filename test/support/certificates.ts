import { generate } from 'selfsigned';

/** A certificate with its private key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Issue {
  /** Null for a certificate that signs itself. */
  readonly by: Certificate | null;
  /** Names it stands for. */
  readonly dns?: string;
  readonly ip?: string;
  /** Days from now between which it is valid. */
  readonly days?: readonly [from: number, to: number];
}

const DAY_MS = 86_400_000;

/** A certificate authority of nobody's. */
export async function authority(name: string): Promise<Certificate> {
  const usage = { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true } as const;
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }, usage],
  });
  return { cert, key };
}

/** A certificate for a server. */
export async function issue({ by, dns, ip, days: [from, to] = [-1, 30] }: Issue): Promise<Certificate> {
  const names = [...(dns ? [{ type: 2 as const, value: dns }] : []), ...(ip ? [{ type: 7 as const, ip }] : [])];
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'the test server' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() + from * DAY_MS),
    notAfterDate: new Date(Date.now() + to * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names },
    ],
    ...(by && { ca: by }),
  });
  return { cert, key };
}
