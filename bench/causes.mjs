/** What explains the knees of a scaling curve, read off a finished replay: hit ratios, evictions, the size of the tables. */

const STRUCTURES = [
  ['utlb', 'uTLB'],
  ['main', 'TLB'],
  ['config', 'config'],
];

/** As text: hits of each structure, evictions of all per 100 translations, and the memory of the SMMU's tables. */
export function causesOf(replay) {
  const [smmu] = replay.smmus.list;
  const { structures, translations } = smmu.snapshot();
  const hits = STRUCTURES.filter(([name]) => structures[name] !== undefined).map(
    ([name, label]) => `${label} ${((100 * structures[name].hits) / structures[name].lookups).toFixed(0)} %`,
  );
  const evictions = Object.values(structures).reduce((sum, structure) => sum + structure.evictions, 0);
  const perHundred = ((100 * evictions) / translations).toFixed(0);
  return ` (hits: ${hits.join(', ')}; ${perHundred} evictions per 100 translations; tables ${(tableBytes(smmu) / 1e6).toFixed(2)} MB)`;
}

/** Bytes of all typed arrays that can be reached from `root`. */
function tableBytes(root) {
  const seen = new Set([root]);
  const buffers = new Set();
  for (const object of seen) {
    for (const value of Object.values(object)) {
      if (ArrayBuffer.isView(value)) buffers.add(value.buffer);
      else if (typeof value === 'object' && value !== null) seen.add(value);
    }
  }
  let bytes = 0;
  for (const { byteLength } of buffers) bytes += byteLength;
  return bytes;
}
