# docker build -t smmuscope . && docker run --rm -v "$PWD":/work smmuscope inspect trace.log.xz
# The tool as `npm pack` makes it, with the locked versions of what it needs; no script of a dependency runs.
FROM node:22-slim AS packed
WORKDIR /source
COPY . .
RUN npm ci --ignore-scripts && npm pack --pack-destination /

FROM node:22-slim
WORKDIR /opt/smmuscope
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev && npm cache clean --force
COPY --from=packed /smmuscope-*.tgz /tmp/
RUN tar -xzf /tmp/smmuscope-*.tgz --strip-components=1 && rm /tmp/smmuscope-*.tgz \
  && ln -s /opt/smmuscope/bin/run.js /usr/local/bin/smmuscope
USER node
WORKDIR /work
ENTRYPOINT ["smmuscope"]
CMD ["--help"]
