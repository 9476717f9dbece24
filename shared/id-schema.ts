/**
 * Schemas of the ids in `ids.ts`, for messages and files: what is no such id is an issue of the schema.
 */
import * as v from 'valibot';

/** A text that `parse` takes for an id. */
export function idSchema<Id>(
  parse: (text: unknown) => Id,
): v.SchemaWithPipe<readonly [v.StringSchema<undefined>, v.RawTransformAction<string, Id>]> {
  return v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }): Id => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: error instanceof Error ? error.message : String(error) });
        return NEVER;
      }
    }),
  );
}
