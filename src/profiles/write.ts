/** A profile as the text of a file that loadProfile reads. */
import { Document, type YAMLMap } from 'yaml';
import type { LoadedProfile } from './load.js';

/** YAML of `profile`, one line per parameter; `source` says where the profile as a whole comes from. */
export function profileText(profile: LoadedProfile, source: string): string {
  const { name, title } = profile;
  const parameters = Object.fromEntries(
    profile.parameters.map(({ key, value, unit, tag, source: origin, range }) => [
      key,
      { value, unit, tag, source: origin, ...(range === undefined ? {} : { range }) },
    ]),
  );
  const document = new Document({ name, title, source, parameters });
  for (const { value } of (document.get('parameters') as YAMLMap).items) (value as YAMLMap).flow = true;
  return document.toString({ lineWidth: 0 });
}
