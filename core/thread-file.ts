/** Files of worker threads. They stand beside the code that starts them, which is TypeScript here and JavaScript in the package. */

/** @param from `import.meta` of that code. @param name of the file, without its ending */
export const threadFile = (from: ImportMeta, name: string): URL =>
  new URL(`${name}${from.url.slice(from.url.lastIndexOf("."))}`, from.url);
