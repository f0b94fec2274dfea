import { listen } from '../../functions/dev/http-server.js';
import { handler } from '../../functions/handlers/pool.js';

/** `GET /health/pool` of the deployed handler, for load: the database is `DATABASE_URL`. Tells its port to who forked it. */
void listen(0).then((server) => {
  server.serve(handler);
  process.send?.(server.port);
});
