import { parseSettings, parseUrlPool } from '../../functions/compose/url.js';
import { urlMonitor } from '../../functions/compose/url-monitor.js';
import { listen } from '../../functions/dev/http-server.js';
import { poolHandler } from '../../functions/handlers/pool.js';

const settings = parseSettings(process.env);
const pool = parseUrlPool({ url: process.env.DATABASE_URL ?? '', sharedUser: undefined, settings });

/** `GET /health/pool` with the deployed handler, for load. Sends its port to the process that forked it. */
void listen(0).then((server) => {
  server.serve(poolHandler(urlMonitor(pool)));
  process.send?.(server.port);
});
