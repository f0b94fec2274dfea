import { bundleHandlers } from './bundle.js';

/** `npm run build`: what `dist/` holds; also before every command of the CDK (`cdk.json`). */
await bundleHandlers();
