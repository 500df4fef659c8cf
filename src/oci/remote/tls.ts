import { X509Certificate } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { VitteError } from '../../core/errors.ts';

/** A certificate (with its chain) and its key, both as PEM, that a registry asks its clients for. */
export type ClientCertificate = { cert: string; key: string };

export type TlsOptions = {
  /** PEM of a private CA, trusted beside the platform's. */
  ca?: string | undefined;
  clientCertificate?: ClientCertificate | undefined;
};

/** What connections use; undefined: the platform's own. Made once, since reading all CAs takes 16 ms. */
export type TlsContexts = {
  /** To the registry itself. */
  own: SecureContext | undefined;
  /** To all others, and to proxies: no certificate of ours is shown there. */
  others: SecureContext | undefined;
};

const certificateForm = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Reads certificates and key. PKG_E_CONFIG for what is none, without a word of its content. */
export function tlsContexts({ ca, clientCertificate }: TlsOptions): TlsContexts {
  if (ca !== undefined) checkAuthority(ca);
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates(), ca] };
  const others = ca === undefined ? undefined : createSecureContext(trusted);
  if (clientCertificate === undefined) return { own: others, others };
  try {
    const { cert, key } = clientCertificate;
    return { own: createSecureContext({ ...trusted, cert, key }), others };
  } catch (cause) {
    // OpenSSL names what is wrong and quotes nothing.
    throw new VitteError(
      'PKG_E_CONFIG',
      'the client certificate for the storage and its key are of no use',
      { cause, help: 'both are PEM, the key without a password' },
    );
  }
}

/** OpenSSL passes over what is no certificate. */
function checkAuthority(ca: string) {
  try {
    const found = ca.match(certificateForm) ?? [];
    for (const certificate of found) new X509Certificate(certificate);
    if (found.length > 0) return;
  } catch {
    // said below
  }
  throw new VitteError('PKG_E_CONFIG', 'the certificate authority of the storage is no PEM of one');
}
