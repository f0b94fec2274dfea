/** What vitest calls before all tests: templates name the bundles, and tests start them. */
export { makeDist as setup } from '../../infra/build/build.js';
