import pg from 'pg';

type Connected = (error: Error, client?: unknown) => void;

/**
 * A client that closes its socket when its login fails. pg leaves it open where the failure is on this side, such as a
 * password that cannot be had, and the server would keep a slot for it until `authentication_timeout`.
 */
export class LoginClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.Client> | undefined {
    if (!callback) {
      return super.connect().catch((error) => {
        this.connection.stream.destroy();
        throw error;
      });
    }
    super.connect((error: Error) => {
      if (error) {
        this.connection.stream.destroy();
      }
      callback(error, this);
    });
    return undefined;
  }
}
