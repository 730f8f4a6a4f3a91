/** The documentation site builds; a link that leads nowhere, or text that is no page, would end the build. @takes 40 s */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pageOf, siteLink } from "../../site/.vitepress/pages.ts";
import { temporaryFolder } from "../servers/server.ts";
import { markdownFiles, ROOT } from "./kit/markdown.ts";

const test = suite("documentation site");
const SITE = join(ROOT, "site");
const VITEPRESS = join(SITE, "node_modules/vitepress/bin/vitepress.js");

test("files of the repository become pages, and links between them links between pages", () => {
  assert.is(pageOf("README.zh-CN.md"), "zh-CN/index.md");
  assert.is(pageOf("docs/reference/task.md"), "reference/task.md");
  assert.is(pageOf("store/accept.ts"), null);
  assert.is(siteLink("../README.md#try-it", "docs/cli.md"), "/#try-it");
  assert.is(siteLink("../../client/README.zh-CN.md", "docs/zh-CN/java.md"), "/zh-CN/client.md");
  assert.is(siteLink("../core/public-actions.ts", "docs/moleculer.md"), null, "source code is no page");
  assert.is(siteLink("https://bida.example/x", "README.md"), "https://bida.example/x");
  assert.is(siteLink("#order", "docs/delivery.md"), "#order");
});

// `npm test` installs the packages; `node test/docs/site.test.ts` by itself does not.
const check = existsSync(VITEPRESS) ? test : test.skip;
check("it builds, with every page", async () => {
  const out = temporaryFolder("site");
  const args = [VITEPRESS, "build", "--outDir", out];
  const env = { ...process.env, BIDA_SITE_DIAGRAMS: "off", NO_COLOR: "1" };
  await promisify(execFile)(process.execPath, args, { cwd: SITE, env, timeout: 240_000 }).catch((error) =>
    assert.unreachable(`${error.stdout}\n${error.stderr}`),
  );
  const pages = markdownFiles().flatMap((file) => pageOf(file) ?? []);
  assert.ok(pages.length > 50);
  const absent = pages.filter((page) => !existsSync(join(out, page.replace(/\.md$/, ".html"))));
  assert.equal(absent, []);
  const concepts = readFileSync(join(out, "concepts.html"), "utf8");
  assert.ok(
    concepts.includes("delivering --&gt; exhausted"),
    "without JavaScript the diagram's source is shown",
  );
  assert.ok(readFileSync(join(out, "zh-CN/index.html"), "utf8").includes("试用"));
});

test.run();
