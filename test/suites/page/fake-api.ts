import { type History, type HistorySource, historySeries } from '../../../functions/core/history.js';
import { poolReport, worstReport } from '../../../functions/core/pool-report.js';
import { problem } from '../../../functions/core/problems.js';
import { toPublic } from '../../../functions/core/report-parts.js';
import { PAGE_ROUTES, ROUTES } from '../../../functions/core/routes.js';
import { type LocalServer, listen } from '../../../functions/dev/http-server.js';
import { json } from '../../../functions/handlers/http.js';
import { pageHandlerOf } from '../../support/page-handler.js';
import type { Scene } from './scenes.js';

/** Serves the page itself, and beside it the JSON of a scene. Only for what a real database does not show on demand. */
export class StandIn {
  readonly #server: LocalServer;
  scene: Scene;
  /** Answered instead of any JSON; null: the scene. */
  status: number | null = null;
  /** How often each route was asked. */
  readonly asked = new Map<string, number>();

  static async start(scene: Scene): Promise<StandIn> {
    return new StandIn(await listen(0), scene);
  }

  private constructor(server: LocalServer, scene: Scene) {
    this.#server = server;
    this.scene = scene;
    const page = pageHandlerOf(this.#source());
    server.serve(async (event) => {
      const { routeKey } = event;
      this.asked.set(routeKey, (this.asked.get(routeKey) ?? 0) + 1);
      if (routeKey === PAGE_ROUTES.page || routeKey === PAGE_ROUTES.runbook) {
        return page(event);
      }
      if (this.status !== null) {
        return json(this.status, { message: 'as the test wants it' });
      }
      if (routeKey === PAGE_ROUTES.history) {
        return page(event);
      }
      const all = this.scene.assessments();
      const name = event.pathParameters?.pool;
      const one = all.find(({ pool }) => pool === name);
      if (routeKey === ROUTES.onePool && !one) {
        return json(404, { message: 'Not found: no such pool' });
      }
      const report = one ? poolReport(one, Date.now()) : worstReport(all, Date.now());
      return json(report.status === 'healthy' ? 200 : 503, report);
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/`;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }

  #source(): HistorySource {
    const names = () => this.scene.assessments().map(({ pool }) => pool);
    const history = async (pool: string) => hour(pool, this.scene.history);
    return {
      get pools() {
        return names();
      },
      history,
    };
  }
}

function hour(pool: string, valuesAt: Scene['history']): History {
  const to = Math.floor(Date.now() / 60_000) * 60;
  const times = Array.from({ length: 60 }, (_, index) => to - (59 - index) * 60);
  return {
    pool,
    source: 'cloudwatch',
    stepSeconds: 60,
    from: new Date((to - 3_600) * 1_000).toISOString(),
    to: new Date(to * 1_000).toISOString(),
    times,
    series: historySeries(times, (metric, index) => valuesAt?.(59 - index)[metric]),
    problems: valuesAt ? [] : [toPublic(problem('AWS.CLOUDWATCH'))],
  };
}
