/** What vitest calls before all tests: templates name the bundles, and tests start them. */
export { bundleHandlers as setup } from '../../infra/bundle.js';
