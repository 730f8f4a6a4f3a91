# One image for every node; SERVICES picks what a node runs. Alone, without settings, it refuses to start: inside a
# container it listens on all addresses, and for that BIDA_ADMIN_PASSWORD must be set.
FROM node:24-slim AS manifest
WORKDIR /app
COPY package.json package-lock.json ./

# All packages and the sources: where the UI is built, as soon as there is one.
FROM manifest AS build
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/prepare.mjs && mkdir -p ui/dist

FROM manifest AS packages
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production \
    BIDA_HOST=0.0.0.0 \
    BIDA_PORT=8080 \
    BIDA_DATA_DIR=/data
RUN install -d -o node -g node -m 700 /data
WORKDIR /app
COPY package.json moleculer.config.ts ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/ui/dist ui/dist
COPY scripts/healthcheck.mjs scripts/import-kkbida.ts scripts/
COPY scripts/import-kkbida scripts/import-kkbida
COPY scripts/doctor-kkbida scripts/doctor-kkbida
COPY bin bin
COPY cli cli
COPY core core
COPY store store
COPY due due
COPY actors actors
COPY services services
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["node", "scripts/healthcheck.mjs"]
# Not through npm: it would stand between the node and SIGTERM.
CMD ["node", "--max-semi-space-size=8", "--heap-growing-percent=50", "node_modules/moleculer/bin/moleculer-runner.js", "--config", "moleculer.config.ts", "--mask", "**/*.service.ts", "services"]
