import { generateOutdated } from '../../infra/build/prisma-clients.mjs';

/** Vitest calls this before all tests: it generates the product's Prisma client and the one of the tests. */
export default function generateClients() {
  generateOutdated(['functions/round-trip/schema.prisma', 'test/integration/app/schema.prisma']);
}
