/** `npm run screenshots`: `docs/page.png`, and the page in all its states in `.cache/page/`, to look at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../tools/root.js';
import { startBrowser } from './browser.js';
import { StandIn } from './fake-api.js';
import { SCENES, type SceneName } from './scenes.js';

interface Shot {
  readonly scene: SceneName;
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  readonly hash?: string;
  /** @default what the window shows */
  readonly isFullPage?: boolean;
}

const LAPTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740, isFullPage: true };
const WALL = { width: 1920, height: 1080 };

const SHOTS: Readonly<Record<string, Shot>> = {
  'docs/page.png': { scene: 'warning', width: 1200, height: 825 },
  '.cache/page/healthy.png': { scene: 'healthy', ...LAPTOP },
  '.cache/page/full.png': { scene: 'full', ...LAPTOP, isFullPage: true },
  '.cache/page/full-dark.png': { scene: 'full', ...LAPTOP, dark: true, isFullPage: true },
  '.cache/page/rds-proxy.png': { scene: 'rds-proxy', ...LAPTOP, isFullPage: true },
  '.cache/page/database-down.png': { scene: 'database-down', ...LAPTOP, isFullPage: true },
  '.cache/page/no-history.png': { scene: 'no-history', ...LAPTOP, isFullPage: true },
  '.cache/page/over.png': { scene: 'over', ...LAPTOP },
  '.cache/page/many-pools.png': { scene: 'many-pools', ...LAPTOP, isFullPage: true },
  '.cache/page/phone-full.png': { scene: 'full', ...PHONE },
  '.cache/page/phone-many-pools-dark.png': { scene: 'many-pools', ...PHONE, dark: true, hash: '#payments' },
  '.cache/page/wall-full-dark.png': { scene: 'full', ...WALL, dark: true },
  '.cache/page/wall-many-pools.png': { scene: 'many-pools', ...WALL },
  '.cache/page/wall-4k.png': { scene: 'warning', width: 3840, height: 2160 },
};

const only = process.argv[2] ?? '';
const browser = await startBrowser();
mkdirSync(join(ROOT, '.cache', 'page'), { recursive: true });
for (const [file, { scene, width, height, dark = false, hash = '', isFullPage = false }] of Object.entries(SHOTS)) {
  if (file.includes(only)) {
    const standIn = await StandIn.start(SCENES[scene]);
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
    await page.goto(standIn.url + hash);
    await page.locator(scene === 'no-history' ? '#history-note' : '#connections-chart canvas').waitFor();
    await page.screenshot({ path: join(ROOT, file), fullPage: isFullPage });
    await page.close();
    await standIn.close();
    console.log(file);
  }
}
await browser.close();
