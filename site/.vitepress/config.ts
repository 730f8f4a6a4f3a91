import { relative, sep } from "node:path";
import { type DefaultTheme, defineConfig } from "vitepress";
import { pageOf, ROOT, siteLink, titleOf } from "./pages.ts";
import { slugOf } from "./slug.ts";

/** A group of the menu: its titles, and its files without the folder of the language. A file in neither docs folder has its whole path. */
const MENU: [en: string, zh: string, files: string[]][] = [
  ["Beginning", "入门", ["getting-started", "concepts", "comparison"]],
  [
    "Guides",
    "指南",
    ["guides/express", "guides/fastify", "guides/nestjs", "moleculer", "guides/spring", "java"],
  ],
  [
    "Reference",
    "参考",
    [
      "reference/rest",
      "reference/api",
      "reference/task",
      "reference/configuration",
      "errors",
      "reference/cli",
    ],
  ],
  [
    "Operations",
    "运维",
    ["operations", "upgrading", "console", "cli", "repl", "alarms", "migrating-from-kkbida"],
  ],
  ["What is guaranteed", "保证", ["delivery", "ordering", "isolation", "reliability", "performance"]],
  ["Development", "开发", ["architecture", "dependencies"]],
];
/** These have no Chinese twin: the menu in Chinese leads to the English page. */
const ENGLISH_ONLY = new Set([
  "reference/api",
  "reference/cli",
  "performance",
  "architecture",
  "dependencies",
]);
const OTHER_FILES: Record<string, string[]> = {
  en: ["client/README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  zh: ["client/README.zh-CN.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"],
};

/** What draws diagrams takes most of the time of a build; a test of the pages goes without. */
const WITH_DIAGRAMS = process.env.BIDA_SITE_DIAGRAMS !== "off";
const NO_DIAGRAMS = "\0no-diagrams";

const item = (file: string): DefaultTheme.SidebarItem => ({
  text: titleOf(file),
  link: `/${(pageOf(file) ?? "").replace(/\.md$/, "")}`,
});

function menu(language: "en" | "zh"): DefaultTheme.SidebarItem[] {
  const fileOf = (name: string) =>
    `docs/${language === "zh" && !ENGLISH_ONLY.has(name) ? "zh-CN/" : ""}${name}.md`;
  const groups = MENU.map(([en, zh, names], at) => ({
    text: language === "en" ? en : zh,
    items: [
      ...names.map((name) => item(fileOf(name))),
      ...(at === MENU.length - 1 ? (OTHER_FILES[language] ?? []).map(item) : []),
    ],
  }));
  return groups;
}

export default defineConfig({
  title: "Bida 必达",
  description: "Guaranteed delivery of HTTP callbacks",
  srcDir: ROOT,
  srcExclude: ["**/node_modules/**", "ui/**", "data/**", "dist/**", "site/**", ".github/**", ".tmp/**"],
  outDir: "./dist",
  cacheDir: "./.vitepress/cache",
  cleanUrls: true,
  lastUpdated: false,
  rewrites: (file) => pageOf(file) ?? file,
  // The addresses of examples lead to the reader's own machine.
  ignoreDeadLinks: "localhostLinks",
  locales: {
    root: { label: "English", lang: "en", themeConfig: { sidebar: menu("en") } },
    "zh-CN": {
      label: "简体中文",
      lang: "zh-CN",
      description: "HTTP 回调的可靠投递",
      themeConfig: {
        sidebar: menu("zh"),
        outline: { label: "本页内容", level: [2, 3] },
        docFooter: { prev: "上一页", next: "下一页" },
        darkModeSwitchLabel: "外观",
        sidebarMenuLabel: "目录",
        returnToTopLabel: "返回顶部",
        langMenuLabel: "语言",
      },
    },
  },
  vite: {
    plugins: [
      {
        name: "packages-of-the-site",
        enforce: "pre",
        // The pages lie outside of this folder, and what they are compiled to imports Vue.
        async resolveId(id, importer) {
          if (id === "mermaid" && !WITH_DIAGRAMS) return NO_DIAGRAMS;
          if (!/^vue($|\/)/.test(id) || !importer?.endsWith(".md")) return null;
          return this.resolve(id, import.meta.filename, { skipSelf: true });
        },
        load: (id) => (id === NO_DIAGRAMS ? "export default null;" : null),
      },
    ],
    build: { chunkSizeWarningLimit: 4_000 }, // diagrams; loaded by pages that have one
  },
  themeConfig: { outline: { level: [2, 3] }, search: { provider: "local" }, i18nRouting: false },
  markdown: {
    anchor: { slugify: slugOf },
    config(md) {
      // Links between files of the repository become links between pages. Files that are no pages have no address here: their
      // links become text.
      md.core.ruler.after("inline", "repository-links", ({ tokens, env }) => {
        const from = relative(ROOT, env.realPath ?? env.path)
          .split(sep)
          .join("/");
        for (const token of tokens) {
          let nowhere = false;
          token.children = (token.children ?? []).filter((child) => {
            if (child.type === "link_close" && nowhere) {
              nowhere = false;
              return false;
            }
            if (child.type !== "link_open") return true;
            const to = siteLink(child.attrGet("href") ?? "", from);
            if (to !== null) child.attrSet("href", to);
            nowhere = to === null;
            return to !== null;
          });
        }
      });
      const fence = md.renderer.rules.fence;
      md.renderer.rules.fence = (tokens, at, options, env, self) =>
        tokens[at]?.info.trim() === "mermaid"
          ? `<Mermaid source="${encodeURIComponent(tokens[at].content)}" />`
          : (fence?.(tokens, at, options, env, self) ?? "");
    },
  },
});
