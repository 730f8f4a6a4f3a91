/** Imports point one way: services → store, due, actors → core. `npm run lint` fails where one does not. */
const layer = (name, from, to, comment) => ({
  name,
  severity: "error",
  comment,
  from: { path: `^(${from})/` },
  to: { path: `^(${to})/` },
});

export default {
  forbidden: [
    layer("core-is-pure", "core", "store|due|actors|services|client|ui|test", "core knows nothing above it"),
    layer("store-below-services", "store", "due|actors|services|client|ui|test", "store knows core only"),
    layer("due-below-services", "due", "store|actors|services|client|ui|test", "the due set knows core only"),
    layer("actors-below-services", "actors", "store|due|services|client|ui|test", "actors know core only"),
    layer("client-stands-alone", "client", "store|due|actors|services|ui|test", "the client ships core types only"),
    {
      name: "sql-in-store",
      severity: "error",
      comment: "only store/ knows SQL",
      from: { pathNot: "^(store|test|bench)/" },
      to: { path: "node_modules/(knex|objection|mysql2|better-sqlite3)/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { extensions: [".ts", ".js", ".mjs"], exportsFields: ["exports"], conditionNames: ["import", "require", "node"] },
  },
};
