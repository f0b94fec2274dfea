import { NeverAccepts } from '../../support/never-accepts.js';
import type { TestServer } from '../../support/postgres.js';
import { type Message, NOTHING, Relay } from '../../support/relay.js';
import { until } from '../../support/until.js';
import type { Fault, Lift, Promised } from './row.js';
import { HOST, type Scene } from './scene.js';
import { startStandby } from './standby.js';

const UNREACHABLE: Promised = { status: 'unhealthy', codes: ['PROBE.UNREACHABLE'] };
const TIMEOUT: Promised = { status: 'unhealthy', codes: ['PROBE.TIMEOUT'] };
const UNKNOWN_NAME: Promised = { status: 'unhealthy', codes: ['PROBE.DNS'] };
const NOTHING_LOST: Promised = { status: 'healthy', codes: [] };

type Filter = (message: Message) => Buffer;

/** Changes the server's messages from now on, on open connections and on new ones. */
const through =
  (filter: (scene: Scene) => Filter) =>
  async (scene: Scene): Promise<Lift> => {
    const before = scene.relay.toClient.filter;
    scene.relay.toClient.filter = filter(scene);
    return async () => {
      scene.relay.toClient.filter = before;
    };
  };

/** The same for a check that has to log in. */
const loggingIn =
  (make: Fault['make']): Fault['make'] =>
  async (scene) => {
    await scene.endSessions();
    return await make(scene);
  };

const answersOnly =
  (change: Filter): Filter =>
  (message) =>
    message.isAfterQuery ? change(message) : message.bytes;
const halfARow = answersOnly(({ type, bytes }) =>
  type === 'T' ? bytes : type === 'D' ? bytes.subarray(0, bytes.length / 2) : NOTHING,
);
const atTheRow =
  (act: (scene: Scene) => void) =>
  (scene: Scene): Filter =>
  ({ type, bytes }) => {
    if (type === 'D') {
      act(scene);
      return NOTHING;
    }
    return bytes;
  };

async function lacksIpv6(scene: Scene): Promise<string | null> {
  return await cannotListen(scene, '::1');
}

async function lacksSecondAddress(scene: Scene): Promise<string | null> {
  return await cannotListen(scene, '127.0.0.2');
}

async function cannotListen(scene: Scene, host: string): Promise<string | null> {
  try {
    await scene.renewRelay({ port: scene.port, host });
    return null;
  } catch {
    return `cannot listen on ${host}`;
  } finally {
    await scene.renewRelay();
  }
}

/** The server at another address; the name says so. */
async function moved(scene: Scene, host: string, addresses: readonly string[] = [host]): Promise<Lift> {
  scene.names.set(HOST, addresses);
  await scene.renewRelay({ port: scene.port, host });
  return async () => {
    scene.names.set(HOST, ['127.0.0.1']);
    await scene.renewRelay();
  };
}

/** The name leads to a standby at another address; the primary stays where it was. */
function movedToStandby(): Pick<Fault, 'before' | 'make'> {
  const standbys: TestServer[] = [];
  return {
    before: async (scene) => {
      const standby = await startStandby(scene.server.postgres);
      standbys.push(standby);
      return () => standby.close();
    },
    make: async (scene) => {
      const standby = standbys.pop();
      const relay = await Relay.start(standby?.postgres.port ?? 0, { port: scene.port, host: '127.0.0.2' });
      scene.names.set(HOST, ['127.0.0.2']);
      return async () => {
        scene.names.set(HOST, ['127.0.0.1']);
        await relay.close();
      };
    },
  };
}

export const network: readonly Fault[] = [
  {
    side: 'network',
    fault: 'the port refuses connections',
    promise: UNREACHABLE,
    make: async (scene) => {
      await scene.relay.close();
      return () => scene.renewRelay();
    },
  },
  {
    side: 'network',
    fault: 'the host name is not known',
    promise: UNKNOWN_NAME,
    make: loggingIn(async (scene) => {
      scene.names.set(HOST, []);
      return async () => scene.names.set(HOST, ['127.0.0.1']);
    }),
  },
  {
    side: 'network',
    fault: 'DNS gives no answer',
    promise: TIMEOUT,
    make: loggingIn(async (scene) => {
      scene.names.set(HOST, 'no answer');
      return async () => scene.names.set(HOST, ['127.0.0.1']);
    }),
  },
  {
    side: 'network',
    fault: 'DNS leads to another server (failover), and the old one is gone',
    promise: {
      ...NOTHING_LOST,
      note: 'Each check looks the name up, and logs in again where it leads.',
    },
    needs: lacksSecondAddress,
    make: (scene) => moved(scene, '127.0.0.2'),
  },
  {
    side: 'network',
    fault: 'DNS leads to a standby, while the old primary still answers',
    promise: { status: 'unhealthy', codes: ['DATABASE.ROLE'], hasCounts: true },
    needs: lacksSecondAddress,
    ...movedToStandby(),
  },
  {
    side: 'network',
    fault: 'DNS leads to an address where nothing answers, while the old server still does',
    promise: UNREACHABLE,
    needs: lacksSecondAddress,
    make: async (scene) => {
      scene.names.set(HOST, ['127.0.0.2']);
      return async () => scene.names.set(HOST, ['127.0.0.1']);
    },
  },
  {
    side: 'network',
    fault: 'DNS gives two addresses, the first of which refuses',
    promise: NOTHING_LOST,
    needs: lacksSecondAddress,
    make: (scene) => moved(scene, '127.0.0.2', ['127.0.0.1', '127.0.0.2']),
  },
  {
    side: 'network',
    fault: 'the server is reached by IPv6 only',
    promise: NOTHING_LOST,
    needs: lacksIpv6,
    make: (scene) => moved(scene, '::1'),
  },
  {
    side: 'network',
    fault: 'black hole: the connection is never accepted',
    promise: TIMEOUT,
    make: async (scene) => {
      await scene.relay.close();
      const hole = await NeverAccepts.start(scene.port);
      return async () => {
        await hole.close();
        await scene.renewRelay();
      };
    },
  },
  {
    side: 'network',
    fault: 'black hole: no answer during the login',
    promise: {
      ...TIMEOUT,
      note: 'The login is left waiting, up to 61 s, and the next check joins it: the server would keep a backend for each one given up.',
    },
    make: loggingIn(through(() => () => NOTHING)),
  },
  {
    side: 'network',
    fault: 'black hole: no answer to the query',
    promise: {
      ...TIMEOUT,
      note: 'The query is cancelled at the server and repeated after 5, 10 and then every 20 s.',
    },
    make: through(() => answersOnly(() => NOTHING)),
    // Each function tries its open connection, and then a new one.
    also: ({ relay }) => until('every query is cancelled', () => relay.cancelRequests === 4),
  },
  {
    side: 'network',
    fault: 'black hole: the answer stops in the middle of a row',
    promise: TIMEOUT,
    make: through(() => halfARow),
  },
  {
    side: 'network',
    fault: 'a device on the way has dropped the connection silently',
    promise: { ...NOTHING_LOST, note: 'After 2 s a new connection replaces it, within the same check.' },
    make: async (scene) => {
      scene.relay.forget();
      return async () => scene.relay.endForgotten();
    },
  },
  {
    side: 'network',
    fault: 'reset while the connection was idle',
    promise: { ...NOTHING_LOST, note: 'A new connection within the same check.' },
    make: async (scene) => {
      scene.relay.cut();
      return async () => undefined;
    },
  },
  {
    side: 'network',
    fault: 'reset in the middle of every answer',
    promise: UNREACHABLE,
    make: through(atTheRow((scene) => scene.relay.cut())),
  },
  {
    side: 'network',
    fault: 'half-closed in the middle of every answer',
    promise: UNREACHABLE,
    make: through(atTheRow((scene) => scene.relay.halfClose())),
  },
  {
    side: 'network',
    fault: '1 byte every 100 ms',
    promise: TIMEOUT,
    make: async (scene) => {
      Object.assign(scene.relay.toClient, { isSlow: true, pauseMs: 100 });
      return async () => Object.assign(scene.relay.toClient, { isSlow: false, pauseMs: 0 });
    },
  },
];
