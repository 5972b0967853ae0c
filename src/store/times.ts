// Times are sent as whole numbers, whatever the settings of a session (datestyle, timezone, extra_float_digits).

/** Interval of a parameter in milliseconds. */
export const ms = (parameter: string): string => `${parameter}::float8 * interval '1 millisecond'`;

/** A time in whole microseconds since 1970. */
export const micros = (time: string): string => `(date_part('epoch', ${time}) * 1000000::float8)::int8`;

/** A time in whole milliseconds since 1970, cut off as JavaScript does. */
export const millis = (time: string): string => `(${micros(time)} / 1000::int8)`;
