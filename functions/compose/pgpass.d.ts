/** The package has no types. */
declare module 'pgpass' {
  interface Login {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
  }
  /** Calls back with the password of the first line that matches, or with undefined. Reads `PGPASSFILE` and `HOME`. */
  export default function pgpass(login: Login, callback: (password: string | undefined) => void): void;
}
