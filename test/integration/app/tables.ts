/** The tables of `schema.prisma`, as its migration would make them. */
export const TABLES = `
CREATE TABLE "Product" (
  "id" serial PRIMARY KEY,
  "name" text NOT NULL UNIQUE,
  "stock" integer NOT NULL DEFAULT 0
);
CREATE TABLE "Sale" (
  "id" serial PRIMARY KEY,
  "productId" integer NOT NULL REFERENCES "Product" ON DELETE RESTRICT ON UPDATE CASCADE,
  "quantity" integer NOT NULL,
  "soldAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
`;
