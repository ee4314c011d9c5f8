import 'reflect-metadata'
import { webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY = 86_400_000

/** PEM texts of a certificate and its private key. */
export type Identity = { readonly cert: string; readonly key: string }
export type NodeNames = { readonly name: string; readonly ip: string }

type Pair = webcrypto.CryptoKeyPair

async function newKeys(): Promise<Pair> {
  return webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

/** Both halves of a private key in PEM; the public one is taken out of its JWK form. */
async function importKeys(pem: string): Promise<Pair> {
  const raw = x509.PemConverter.decode(pem)[0]
  if (raw === undefined) throw new Error('no private key in the PEM text')
  const privateKey = await webcrypto.subtle.importKey('pkcs8', raw, EC, true, ['sign'])
  const {
    d: _secret,
    key_ops: _operations,
    ...publicJwk
  } = await webcrypto.subtle.exportKey('jwk', privateKey)
  const publicKey = await webcrypto.subtle.importKey('jwk', publicJwk, EC, true, ['verify'])
  return { privateKey, publicKey }
}

/** Makes the cluster's own authority, named as Proxmox VE names it. Times are milliseconds. */
export async function createAuthority(uuid: string, now: number): Promise<Identity> {
  const keys = await newKeys()
  const cert = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: `CN=Proxmox Virtual Environment, OU=${uuid}, O=PVE Cluster Manager CA`,
      notBefore: new Date(now - DAY),
      notAfter: new Date(now + 3650 * DAY),
      signingAlgorithm: EC,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  )
  return { cert: cert.toString('pem'), key: await exportKey(keys.privateKey) }
}

/** Issues a node's certificate; with `key` it is a renewal on the same key, without it a new key is made. */
export async function issueLeaf(
  authority: Identity,
  node: NodeNames,
  serial: string,
  now: number,
  key?: string,
): Promise<Identity> {
  const keys = key === undefined ? await newKeys() : await importKeys(key)
  const issuer = new x509.X509Certificate(authority.cert)
  const fqdn = `${node.name}.demo.example`
  const names: x509.JsonGeneralNames = [
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' },
    { type: 'dns', value: 'localhost' },
    ...(node.ip === '127.0.0.1' ? [] : [{ type: 'ip' as const, value: node.ip }]),
    { type: 'dns', value: node.name },
    { type: 'dns', value: fqdn },
  ]
  const cert = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serial,
      subject: `OU=PVE Cluster Node, O=Proxmox Virtual Environment, CN=${fqdn}`,
      issuer: issuer.subject,
      notBefore: new Date(now - DAY),
      notAfter: new Date(now + 730 * DAY),
      signingAlgorithm: EC,
      publicKey: keys.publicKey,
      signingKey: (await importKeys(authority.key)).privateKey,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  )
  return { cert: cert.toString('pem'), key: key ?? (await exportKey(keys.privateKey)) }
}

/** The SHA-256 fingerprint of a certificate, in pairs with colons, as PVE prints it. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256
}
