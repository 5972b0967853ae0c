// A schema `hostile` with tables of the names of Signalbox' own, for a search_path.

/** Whoever resolves a name by the search_path finds these, and fails. */
export const HOSTILE = `
create schema hostile;
create function hostile.refuse() returns int language plpgsql as $$ begin raise 'a name was looked for in the search_path'; end $$;
create view hostile.emission as select hostile.refuse() as id;
create view hostile.delivery as select hostile.refuse() as id;
create view hostile.receiver as select hostile.refuse() as id;
create view hostile.worker as select hostile.refuse() as id;
grant usage on schema hostile to public;
grant select on all tables in schema hostile to public;`;
