import { createServer, type Server, type Socket } from 'node:net';
import { ROUTES } from '../../../functions/core/routes.js';
import { getEvent } from '../../support/events.js';
import { aws } from '../faults/aws.js';
import { clock } from '../faults/clock.js';
import type { Deployment } from '../faults/deployment.js';
import { input } from '../faults/input.js';
import { network } from '../faults/network.js';
import { postgres } from '../faults/postgres.js';
import type { Fault, Lift } from '../faults/row.js';
import { HOST, POOL, type Scene } from '../faults/scene.js';
import { look, type Sight } from './oracle.js';
import type { Random } from './random.js';

/** Faults that come over a running deployment without preparation. Those that only the next login finds are left out. */
const FAULTS: readonly Fault[] = [...network, ...postgres, ...aws, ...input.definitions].filter(
  ({ isCold, endsWithStart, definition, before, minutes }) =>
    !isCold && !endsWithStart && !definition && !before && !minutes,
);
/** Two pools beside the one that the faults are about: on the same server but past the relay, and one that never answers. */
export const STEADY = 'steady';
export const HUNG = 'hung';
const MINUTE_MS = 60_000;
const DEADLINE_MS = 5_000;
/** SSM and CloudWatch may be slow too, and the machine is busy. */
const BESIDE_MS = 8_000 + 2_000;
const GETS = 20;
/** The pools that a client can see too. */
const SEEN = [POOL, STEADY];
type Sights = ReadonlyMap<string, Sight>;

interface Evidence {
  /** The problems of the check. */
  readonly codes: readonly string[];
  /** How a client sees the pool before and after the check; undefined if that changed. */
  readonly sight: Sight | undefined;
}

export interface Tally {
  rounds: number;
  faults: number;
  gets: number;
  unhealthy: number;
  slowestMs: number;
}

/**
 * A deployment of three pools under faults that come and go. A round is a minute of its life: the scheduled check, some
 * GETs at the same time, and then the clock is put forward to the next minute.
 */
export class Soak {
  readonly tally: Tally = { rounds: 0, faults: 0, gets: 0, unhealthy: 0, slowestMs: 0 };
  /** What should not have happened. */
  readonly mistakes: string[] = [];
  readonly #scene: Scene;
  readonly #deployment: Deployment;
  readonly #random: Random;
  readonly #silent: Server;
  readonly #sockets: Set<Socket>;
  #fault: { readonly name: string; readonly lift: Lift; roundsLeft: number } | null = null;
  #calmLeft = 2;
  /** The fault that ended before this check; null if none did. */
  #justLifted: string | null = null;

  private constructor(scene: Scene, deployment: Deployment, random: Random, silent: Server, sockets: Set<Socket>) {
    this.#scene = scene;
    this.#deployment = deployment;
    this.#random = random;
    this.#silent = silent;
    this.#sockets = sockets;
  }

  static async start(scene: Scene, random: Random): Promise<Soak> {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const silentPort = typeof address === 'object' && address ? address.port : 0;
    await scene.begin();
    const { postgres: server } = scene.server;
    const definition = JSON.parse(scene.definitions.get(POOL) ?? '');
    scene.definitions.set(STEADY, JSON.stringify({ ...definition, endpoint: '127.0.0.1', port: server.port }));
    scene.definitions.set(HUNG, JSON.stringify({ ...definition, endpoint: '127.0.0.1', port: silentPort }));
    return new Soak(scene, await scene.deploy(), random, silent, sockets);
  }

  async round(): Promise<void> {
    const scene = this.#scene;
    await this.#changeFault();
    const before = await this.#sights();
    const minute = Date.now();
    const [assessments] = await Promise.all([this.#deployment.check(), this.#gets()]);
    const tookMs = Date.now() - minute;
    const statuses = new Map(assessments?.map(({ pool, verdict }) => [pool, verdict.status]));
    const codes = new Map(assessments?.map(({ pool, verdict }) => [pool, verdict.problems.map(({ code }) => code)]));
    // Only where it may matter is it asked again.
    const isDoubtful = SEEN.some((pool) => statuses.get(pool) === 'healthy' && before.get(pool) !== 'well');
    const after = isDoubtful ? await this.#sights() : before;
    this.#judge(tookMs);
    for (const pool of SEEN) {
      const sight = before.get(pool);
      this.#judgePool(pool, statuses.get(pool) ?? 'no answer', {
        codes: codes.get(pool) ?? [],
        sight: sight === after.get(pool) ? sight : undefined,
      });
    }
    scene.forget();
    this.tally.rounds += 1;
    clock.skipTo(minute, MINUTE_MS);
  }

  /** Lifts what lasts, and asks a last time. */
  async end(): Promise<void> {
    if (this.#fault) {
      this.#fault.roundsLeft = 0;
    }
    this.#calmLeft = 1;
    await this.round();
    await this.#deployment.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.#silent.close(resolve));
  }

  async #changeFault(): Promise<void> {
    this.#justLifted = null;
    if (this.#fault && this.#fault.roundsLeft === 0) {
      await this.#fault.lift();
      this.#justLifted = this.#fault.name;
      this.#fault = null;
      this.#calmLeft = this.#random.whole(1, 2);
    } else if (!this.#fault && this.#calmLeft === 0) {
      const { fault, make } = this.#random.one(FAULTS);
      this.#fault = { name: fault, lift: await make(this.#scene), roundsLeft: this.#random.whole(1, 3) };
      this.tally.faults += 1;
    }
    if (this.#fault) {
      this.#fault.roundsLeft -= 1;
    } else {
      this.#calmLeft -= 1;
    }
  }

  /** How a client sees each pool that can be reached. */
  async #sights(): Promise<Sights> {
    const { server, port } = this.#scene;
    const login = server.postgres.connection();
    const [faulty, steady] = await Promise.all([
      look({ ...login, host: HOST, port }),
      look({ ...login, host: '127.0.0.1', port: server.postgres.port }),
    ]);
    return new Map([
      [POOL, faulty],
      [STEADY, steady],
    ]);
  }

  async #gets(): Promise<void> {
    const events = Array.from({ length: GETS }, (_, index) =>
      index % 4 === 0 ? getEvent(ROUTES.onePool, { pool: STEADY }) : getEvent(ROUTES.worstPool),
    );
    const answers = await Promise.all(events.map((event) => this.#deployment.answer(event)));
    this.tally.gets += GETS;
    if (answers.some(({ report }) => report?.pools && report.status === 'healthy')) {
      this.#say('a GET said healthy, though a pool never answered');
    }
  }

  #say(mistake: string): void {
    this.mistakes.push(`round ${this.tally.rounds} (${this.#fault?.name ?? 'no fault'}): ${mistake}`);
  }

  #judgePool(pool: string, status: string, { codes, sight }: Evidence): void {
    if (status === 'healthy' && sight !== undefined && sight !== 'well') {
      this.#say(`${pool} is healthy, while the database is ${sight}`);
    }
    if (!this.#fault && status !== 'healthy') {
      const since = this.#justLifted === null ? 'without a fault' : `in the check after "${this.#justLifted}"`;
      this.#say(`${pool} is ${status} (${codes.join(', ')}) ${since}`);
    }
    this.tally.unhealthy += pool === POOL && status !== 'healthy' ? 1 : 0;
  }

  #judge(tookMs: number): void {
    for (const pool of [POOL, STEADY, HUNG]) {
      const { length } = this.#scene.healthy(pool);
      if (length !== 1) {
        this.#say(`${length} datapoints of Healthy for ${pool}`);
      }
    }
    const [hung] = this.#scene.healthy(HUNG);
    if (hung !== 0) {
      this.#say('healthy, though nothing ever answered');
    }
    if (tookMs > DEADLINE_MS + BESIDE_MS) {
      this.#say(`took ${Math.round(tookMs)} ms`);
    }
    for (const leak of this.#scene.outputs.leaks()) {
      this.#say(`shows ${leak}`);
    }
    this.tally.slowestMs = Math.max(this.tally.slowestMs, Math.round(tookMs));
  }
}
