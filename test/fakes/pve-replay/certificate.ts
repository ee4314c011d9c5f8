import 'reflect-metadata'
import { createHash, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY = 86_400_000

export type CertificateOptions = {
  /** What the certificate names; as PVE does it: the addresses, `localhost`, the node's name. */
  readonly names?: readonly string[]
  readonly addresses?: readonly string[]
  /** Its first day; PVE's are valid for two years. */
  readonly from?: Date
}

/** What a TLS server needs, and what a client can trust it by. All text is PEM unless it says otherwise. */
export type ServerCertificate = {
  readonly cert: string
  readonly key: string
  readonly caPem: string
  /** SHA-256 of the certificate, upper-case pairs with colons. */
  readonly fingerprint: string
  /** `sha256/BASE64` of its public key. */
  readonly publicKey: string
}

const pem = (label: string, der: ArrayBuffer): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

function makeAuthority(keys: webcrypto.CryptoKeyPair, from: Date): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=Proxmox Virtual Environment, OU=replay, O=PVE Cluster Manager CA',
    notBefore: from,
    notAfter: new Date(from.getTime() + 3650 * DAY),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
}

/** Makes a cluster's authority and a node's certificate signed by it, shaped as PVE makes them. */
export async function makeCertificate(options: CertificateOptions = {}): Promise<ServerCertificate> {
  x509.cryptoProvider.set(webcrypto)
  const names = options.names ?? ['localhost', 'pve1']
  const addresses = options.addresses ?? ['127.0.0.1', '::1']
  const from = options.from ?? new Date(Date.now() - DAY)
  const [authorityKeys, keys] = await Promise.all([newKeys(), newKeys()])
  const authority = await makeAuthority(authorityKeys, from)
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: '02',
    subject: 'CN=pve1.lab.example, O=Proxmox Virtual Environment, OU=PVE Cluster Node',
    issuer: authority.subject,
    notBefore: from,
    notAfter: new Date(from.getTime() + 730 * DAY),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...addresses.map((value) => ({ type: 'ip', value }) as const),
        ...names.map((value) => ({ type: 'dns', value }) as const),
      ]),
    ],
  })
  const hex = createHash('sha256').update(Buffer.from(leaf.rawData)).digest('hex').toUpperCase()
  const spki = createHash('sha256').update(Buffer.from(leaf.publicKey.rawData)).digest('base64')
  return {
    cert: pem('CERTIFICATE', leaf.rawData),
    key: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    caPem: pem('CERTIFICATE', authority.rawData),
    fingerprint: hex.replace(/..(?=.)/g, '$&:'),
    publicKey: `sha256/${spki}`,
  }
}
