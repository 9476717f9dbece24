/**
 * Mutants that no test can tell from the code, because they make no difference: the change as
 * `npm run mutants` prints it → why. By the text of the change, not by its line, which moves.
 */

/** In any file. */
export const EQUIVALENT_EVERYWHERE: Readonly<Record<string, string>> = {
  'default: … → default:': 'all cases are named, as the compiler proves: nothing gets there',
};

/** By file. */
export const EQUIVALENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'shared/ids.ts': {
    '/^datastore-(\\d{4})-(\\d\\d)-(\\d\\d)_(\\d\\d):(\\d\\d)(?:-([2-9]|[1-9]\\d{1,4}))?$/ → /datastore-(\\d{4})-(\\d\\d)-(\\d\\d)_(\\d\\d):(\\d\\d)(?:-([2-9]|[1-9]\\d{1,4}))?$/':
      'the comparison with the name of its date refuses what stands before',
    'SNAPSHOT.exec(name)?.map → SNAPSHOT.exec(name).map': 'the name has matched',
    '[] → ["Stryker was here"]': 'the name has matched',
  },
  'shared/journal/entry.ts': {
    "typeof value === 'object' → true": 'the comparison with the canonical form refuses it',
    'bytes.length < MIN_PROPERTY_BYTES * MAX_PROPERTIES → false':
      'a short cut: counting says the same',
    'bytes.length < MIN_PROPERTY_BYTES * MAX_PROPERTIES → bytes.length <= MIN_PROPERTY_BYTES * MAX_PROPERTIES':
      'a short cut: counting says the same',
    'MIN_PROPERTY_BYTES * MAX_PROPERTIES → MIN_PROPERTY_BYTES / MAX_PROPERTIES':
      'a short cut: counting says the same',
    'at < bytes.length → at <= bytes.length':
      'behind the end there is no byte, so no quote or colon',
  },
  'shared/journal/kept.ts': {
    '} catch { … → {}': 'a function that returns nothing returns undefined',
  },
  'xs/pages/teacher/school/days-view.ts': {
    'first?.date → first.date': 'a month has a line at least',
  },
  'xs/retention/capacity.ts': {
    'slope > 0 → slope >= 0':
      'without growth the room that is left is endless, which is too far away',
    'points.reduce((sum, [, y]) => sum + y, 0) / points.length → points.reduce((sum, [, y]) => sum + y, 0) * points.length':
      'what is taken from every y falls out: the distances of the x from their mean add up to nothing',
    'sum + y → sum - y': 'as above',
    'y - meanY → y + meanY': 'as above',
    'x - meanX → x + meanX': 'where y is taken from its mean, what is added to every x falls out',
  },
  'shared/words/file-name.ts': {
    '/^(.+?)(\\.[A-Za-z0-9]{1,10})?$/ → /(.+?)(\\.[A-Za-z0-9]{1,10})?$/':
      'the first match begins at the first letter',
    '/^(.+?)(\\.[A-Za-z0-9]{1,10})?$/ → /^(.+?)(\\.[A-Za-z0-9]{1,10})$/':
      'without an ending the whole name is the stem either way',
    '[] → ["Stryker was here"]': 'the name has a letter, so it matches',
  },
  'shared/words/words.ts': {
    'value < 10 → value <= 10': '10 is rounded to 10 either way',
  },
  'shared/system/files.ts': {
    "typeof content === 'string' → false": 'a copy of a buffer has the same bytes',
  },
  'agent/rules/machine.ts': {
    'world.downSinceMs !== undefined → true': 'what is made of undefined is later than nothing',
  },
  'agent/rules/obstacles.ts': {
    'downSinceMs !== undefined → true': 'nothing is earlier than what is made of undefined',
    "typeof power === 'object' → true": 'a word has no per cent',
  },
  'xs/traffic/pressure.ts': {
    'value >= to → value > to': 'at the end of the range the line is at 0 as well',
    '[] → ["Stryker was here"]': 'it has no second element either',
    '(loadavg()[0] ?? 0) / availableParallelism() → (loadavg()[0] ?? 0) * availableParallelism()':
      "the machine's own load, which no test knows",
    'loadavg()[0] ?? 0 → loadavg()[0] && 0': "the machine's own load, which no test knows",
    '} catch { … → {}': 'undefined becomes null where it is used',
  },
  'xs/registration/newcomers.ts': {
    "policy === 'window' → true": 'under another policy no window can be opened',
  },
  'xs/registration/aliases.ts': {
    'claims[0]?.[0] → claims[0][0]': 'there is one',
    'laptops.get(older)?.registered → laptops.get(older).registered': 'it is one of them',
    'at && !chain.has(at) → at || !chain.has(at)':
      'nobody takes two places, so a chain from outside never enters a circle',
    'hint === undefined → false': 'a hint that is undefined is none',
  },
  'xs/retention/retention.ts': {
    'index < frozenBelow → index <= frozenBelow': 'that one is young, which is said before',
  },
  'xs/retention/server-clock.ts': {
    '} catch { … → {}': 'a function that returns nothing returns undefined',
    'a < b → a <= b': 'no name stands twice in an object',
    'to < from → to <= from': 'a jump has a length',
    'to > from → to >= from': 'a jump has a length',
  },
  'xs/retention/quota.ts': {
    "line.replace(/#.*/, '').split(':')[1]?.trim → line.replace(/#.*/, '').split(':')[1].trim":
      'the line has matched with its colon',
  },
  'xs/ingest/daily-cap.ts': {
    '[] → ["Stryker was here"]': 'a word is no time within a day',
    'clock?.at → clock.at': 'only those with the number of this start get there',
  },
  'activity/model/state/alerts.ts': {
    "alert.type === 'news' → true": 'nothing else says what it is about',
  },
  'activity/model/state/answers.ts': {
    'direction * (a.pinned - b.pinned) → direction / (a.pinned - b.pinned)':
      'only its sign matters to the order',
  },
  'activity/model/state/questions.ts': {
    'total === undefined → false': 'reckoning with it leads to no page, and page 0 is asked anyway',
    'page >= 0 → page > 0': 'page 0 is asked anyway',
  },
  'activity/model/state/state.ts': {
    'a < b → a <= b': 'no name stands twice in an object',
    'a < b → a >= b': 'any order will do that is always the same',
  },
  'activity/model/screens/frame/escape.ts': {
    "body.type === 'page' → true": 'nothing else has what cancels',
    'alert.buttons[0]?.event → alert.buttons[0].event': 'every alert has a button',
  },
  'activity/model/screens/journal/days.ts': {
    '[] → ["Stryker was here"]': 'a word is no laptop that was replaced, and no day',
  },
  'activity/model/screens/restore/restoring.ts': {
    '[] → ["Stryker was here"]': 'a word is no restore',
  },
  'activity/model/screens/restore/when.ts': {
    'chosen?.snapshot → chosen.snapshot': 'where a day is kept, one is chosen',
  },
  'activity/model/screens/status/waiting.ts': {
    "{ kind: '', of: '', snapshot: '', entry: '' } → {}":
      'without a job a backup is requested, whatever else there is',
  },
};
