// What is left of an emission whose payload was erased (operate/erase.ts).

/** Its payload, as the database writes it. No schema is asked whether it accepts this: no receiver gets it. */
export const ERASED_PAYLOAD = '{"signalbox.erased": true}';
