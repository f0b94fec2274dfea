import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A page in a browser, and everything that went wrong there: none of it is what a test expects. */
export class Visit {
  readonly page: Page;
  /** Errors and warnings of the console, of scripts and of the content security policy. */
  readonly complaints: string[] = [];
  /** Addresses that were asked, without their origin. */
  readonly asked: string[] = [];
  /** Addresses elsewhere that were asked. */
  readonly outside: string[] = [];

  /** @param prepare what has to be set up in the browser before the page is opened */
  static async start(
    browser: Browser,
    address: string,
    options: BrowserContextOptions = {},
    prepare: (page: Page) => Promise<unknown> = async () => undefined,
  ): Promise<Visit> {
    const context = await browser.newContext(options);
    const visit = new Visit(await context.newPage(), new URL(address).origin);
    await prepare(visit.page);
    await visit.page.goto(address);
    return visit;
  }

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.on('console', (message) => {
      // An unhealthy pool is answered with 503, which the browser calls an error by itself.
      const isOfTheBrowser = message.text().startsWith('Failed to load resource');
      if (['error', 'warning'].includes(message.type()) && !isOfTheBrowser) {
        this.complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      const { origin: of, pathname, search, protocol } = new URL(request.url());
      if (protocol !== 'data:') {
        (of === origin ? this.asked : this.outside).push(pathname + search);
      }
    });
  }

  text(selector: string): Promise<string> {
    return this.page.locator(selector).innerText();
  }

  /** A figure of one of the three layers, by its label. */
  figure(layer: 'app' | 'managed' | 'database', label: string): Promise<string> {
    const row = this.page.locator(`#layer-${layer} .row`).filter({ hasText: label });
    return row.locator('dd').innerText();
  }

  /** What axe-core finds wrong, as `rule: element`; the whole page is looked at. */
  async violations(): Promise<string[]> {
    // Into a world of its own, which the policy of the page does not bind and the page does not see.
    const session = await this.page.context().newCDPSession(this.page);
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
      frameId: frameTree.frame.id,
      worldName: 'axe',
    });
    await session.send('Runtime.evaluate', { expression: AXE, contextId });
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression: `axe.run().then(({ violations, passes }) => JSON.stringify({
        passes: passes.length,
        violations: violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ': ' + target + ' ' + failureSummary)),
      }))`,
      awaitPromise: true,
      contextId,
    });
    await session.detach();
    if (exceptionDetails) {
      throw new Error(`axe-core failed: ${exceptionDetails.text}`);
    }
    const { passes, violations } = JSON.parse(result.value);
    if (passes < 10) {
      throw new Error('axe-core looked at nothing');
    }
    return violations;
  }

  /** Pixels of exactly a colour that a chart has between two parts of its width, its axis included. */
  async ink(
    chart: string,
    [red, green, blue]: readonly [number, number, number],
    from: number,
    to: number,
  ): Promise<number> {
    return await this.page.evaluate(`(() => {
      const canvas = document.querySelector('${chart} canvas');
      const left = Math.round(canvas.width * ${from});
      const width = Math.round(canvas.width * ${to}) - left;
      // Of a copy: to read a canvas that is drawn on again changes how it is drawn.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(left, 0, width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        count += data[at] === ${red} && data[at + 1] === ${green} && data[at + 2] === ${blue} && data[at + 3] === 255 ? 1 : 0;
      }
      return count;
    })()`);
  }

  /** Pixels by which the page is wider than the window. */
  async overflow(): Promise<number> {
    return await this.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  }

  /** What has the focus, in its own words. */
  async focused(): Promise<string> {
    return await this.page.evaluate('document.activeElement === document.body ? "" : document.activeElement.innerText');
  }

  /** Tells the page that its tab is hidden or seen, which a browser without a window never does. */
  async hide(isHidden: boolean): Promise<void> {
    await this.page.evaluate(
      `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));`,
    );
  }

  async end(): Promise<void> {
    await this.page.context().close();
  }
}
