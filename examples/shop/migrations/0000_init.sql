CREATE SCHEMA "signalbox";
--> statement-breakpoint
CREATE TABLE "signalbox"."audit_entry" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "signalbox"."audit_entry_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"act" text NOT NULL,
	"about" jsonb NOT NULL,
	"result" jsonb,
	"errand_id" uuid,
	"finished_at" timestamp with time zone,
	CONSTRAINT "audit_entry_actor_size" CHECK (length("signalbox"."audit_entry"."actor") between 1 and 200)
);
--> statement-breakpoint
CREATE TABLE "signalbox"."dedupe" (
	"signal" text NOT NULL,
	"key" text NOT NULL,
	"emission_id" uuid NOT NULL,
	"deliveries" integer NOT NULL,
	"until" timestamp with time zone NOT NULL,
	CONSTRAINT "dedupe_signal_key" PRIMARY KEY("signal","key"),
	CONSTRAINT "dedupe_key_size" CHECK (length("signalbox"."dedupe"."key") between 1 and 500)
);
--> statement-breakpoint
CREATE TABLE "signalbox"."delivery" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "signalbox"."delivery_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"emission_id" uuid NOT NULL,
	"receiver_id" integer NOT NULL,
	"version" integer NOT NULL,
	"generation" integer DEFAULT 0 NOT NULL,
	"state" text DEFAULT 'ready' NOT NULL,
	"run_at" timestamp with time zone NOT NULL,
	"epoch" integer DEFAULT 0 NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"crashes" integer DEFAULT 0 NOT NULL,
	"worker_id" integer,
	CONSTRAINT "delivery_emission_receiver" UNIQUE("emission_id","receiver_id"),
	CONSTRAINT "delivery_state" CHECK ("signalbox"."delivery"."state" in ('ready', 'running')),
	CONSTRAINT "delivery_counts" CHECK ("signalbox"."delivery"."epoch" >= 0 and "signalbox"."delivery"."attempt" >= 0 and "signalbox"."delivery"."crashes" >= 0 and "signalbox"."delivery"."generation" >= 0)
);
--> statement-breakpoint
CREATE TABLE "signalbox"."delivery_error" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "signalbox"."delivery_error_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"delivery_id" bigint NOT NULL,
	"emission_id" uuid,
	"receiver_id" integer,
	"epoch" integer NOT NULL,
	"attempt" integer NOT NULL,
	"error" jsonb NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "delivery_error_size" CHECK (pg_column_size("signalbox"."delivery_error"."error") <= 262144)
);
--> statement-breakpoint
CREATE TABLE "signalbox"."emission" (
	"id" uuid PRIMARY KEY NOT NULL,
	"signal" text NOT NULL,
	"version" integer NOT NULL,
	"payload" jsonb NOT NULL,
	"headers" jsonb,
	"emitted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"caused_by" uuid,
	"caused_by_receiver" integer,
	CONSTRAINT "emission_signal_size" CHECK (length("signalbox"."emission"."signal") between 1 and 200),
	CONSTRAINT "emission_payload_size" CHECK (pg_column_size("signalbox"."emission"."payload") <= 16777216),
	CONSTRAINT "emission_headers_size" CHECK (pg_column_size("signalbox"."emission"."headers") <= 262144)
);
--> statement-breakpoint
CREATE TABLE "signalbox"."emission_tally" (
	"seconds" integer NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"signal" text NOT NULL,
	"caused_by_receiver" integer NOT NULL,
	"process_id" uuid NOT NULL,
	"n" bigint NOT NULL,
	CONSTRAINT "emission_tally_pkey" PRIMARY KEY("seconds","minute","signal","caused_by_receiver","process_id")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."errand" (
	"id" uuid PRIMARY KEY NOT NULL,
	"act" text NOT NULL,
	"filter" jsonb NOT NULL,
	"options" jsonb NOT NULL,
	"finished_before" timestamp with time zone NOT NULL,
	"cursor" jsonb,
	"state" text DEFAULT 'running' NOT NULL,
	"fingerprint" text,
	"total" bigint,
	"done" bigint DEFAULT 0 NOT NULL,
	"skipped" bigint DEFAULT 0 NOT NULL,
	"actor" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "errand_state" CHECK ("signalbox"."errand"."state" in ('running', 'paused', 'stopped', 'done')),
	CONSTRAINT "errand_actor_size" CHECK (length("signalbox"."errand"."actor") between 1 and 200)
);
--> statement-breakpoint
CREATE TABLE "signalbox"."gauge" (
	"receiver_id" integer PRIMARY KEY NOT NULL,
	"due" integer NOT NULL,
	"running" integer NOT NULL,
	"later" integer NOT NULL,
	"dead" integer NOT NULL,
	"oldest_due_at" timestamp with time zone,
	"sampled_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signalbox"."maintenance_task" (
	"name" text PRIMARY KEY NOT NULL,
	"cursor" jsonb,
	"ran_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signalbox"."paused_queue" (
	"name" text PRIMARY KEY NOT NULL,
	"paused_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signalbox"."receiver" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "signalbox"."receiver_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"signal" text NOT NULL,
	"root_id" integer,
	"queue" text NOT NULL,
	"priority" integer NOT NULL,
	"retired_at" timestamp with time zone,
	"last_seen_at" timestamp with time zone,
	"paused_at" timestamp with time zone,
	CONSTRAINT "receiver_signal_name" UNIQUE("signal","name"),
	CONSTRAINT "receiver_name_size" CHECK (length("signalbox"."receiver"."name") between 1 and 211),
	CONSTRAINT "receiver_queue_size" CHECK (length("signalbox"."receiver"."queue") between 1 and 200)
);
--> statement-breakpoint
CREATE TABLE "signalbox"."settled" (
	"id" bigint NOT NULL,
	"emission_id" uuid NOT NULL,
	"receiver_id" integer NOT NULL,
	"version" integer NOT NULL,
	"generation" integer NOT NULL,
	"state" text NOT NULL,
	"epoch" integer NOT NULL,
	"worker_id" integer,
	"attempt" integer NOT NULL,
	"crashes" integer NOT NULL,
	"finished_at" timestamp with time zone NOT NULL,
	CONSTRAINT "settled_emission_receiver" PRIMARY KEY("emission_id","receiver_id"),
	CONSTRAINT "settled_state" CHECK ("signalbox"."settled"."state" in ('completed', 'dead', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "signalbox"."meta" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"schema_version" integer DEFAULT 1 NOT NULL,
	"database_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	CONSTRAINT "meta_one_row" CHECK ("signalbox"."meta"."id")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."tally" (
	"seconds" integer NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"receiver_id" integer NOT NULL,
	"worker_id" integer NOT NULL,
	"outcome" text NOT NULL,
	"n" bigint NOT NULL,
	"total_ms" bigint NOT NULL,
	"lag_ms" bigint NOT NULL,
	"buckets" integer[] NOT NULL,
	"lag_buckets" integer[] NOT NULL,
	CONSTRAINT "tally_pkey" PRIMARY KEY("seconds","minute","receiver_id","worker_id","outcome")
);
--> statement-breakpoint
CREATE TABLE "signalbox"."worker" (
	"id" integer PRIMARY KEY NOT NULL,
	"label" text NOT NULL,
	"version" text,
	"process_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	"backend_pid" integer NOT NULL,
	"locked" boolean DEFAULT false NOT NULL,
	"incarnation" text,
	"lost_at" timestamp with time zone,
	"stopping_at" timestamp with time zone,
	"had_company" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "payment_count" (
	"status" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "orders_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"item" text NOT NULL,
	"payment_process_id" integer NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	CONSTRAINT "orders_payment_process_id_unique" UNIQUE("payment_process_id"),
	CONSTRAINT "orders_status" CHECK ("orders"."status" in ('pending', 'completed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "payment_process" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "payment_process_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"reference" text NOT NULL,
	"amount_cents" integer NOT NULL,
	"status" text DEFAULT 'initiated' NOT NULL,
	CONSTRAINT "payment_process_reference_unique" UNIQUE("reference"),
	CONSTRAINT "payment_process_status" CHECK ("payment_process"."status" in ('initiated', 'succeeded', 'failed'))
);
--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_payment_process_id_payment_process_id_fk" FOREIGN KEY ("payment_process_id") REFERENCES "public"."payment_process"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_entry_at" ON "signalbox"."audit_entry" USING btree ("at");--> statement-breakpoint
CREATE INDEX "dedupe_until" ON "signalbox"."dedupe" USING btree ("until");--> statement-breakpoint
CREATE INDEX "delivery_claim" ON "signalbox"."delivery" USING btree ("receiver_id","run_at");--> statement-breakpoint
CREATE INDEX "delivery_suspect" ON "signalbox"."delivery" USING btree ("receiver_id","run_at") WHERE "signalbox"."delivery"."crashes" > 0;--> statement-breakpoint
CREATE INDEX "delivery_replayed" ON "signalbox"."delivery" USING btree ("receiver_id") WHERE "signalbox"."delivery"."generation" > 0;--> statement-breakpoint
CREATE INDEX "delivery_error_delivery" ON "signalbox"."delivery_error" USING btree ("delivery_id");--> statement-breakpoint
CREATE INDEX "delivery_error_emission" ON "signalbox"."delivery_error" USING btree ("emission_id","receiver_id");--> statement-breakpoint
CREATE INDEX "emission_caused_by" ON "signalbox"."emission" USING btree ("caused_by") WHERE "signalbox"."emission"."caused_by" is not null;--> statement-breakpoint
CREATE INDEX "errand_unfinished" ON "signalbox"."errand" USING btree ("created_at") WHERE "signalbox"."errand"."finished_at" is null;--> statement-breakpoint
CREATE UNIQUE INDEX "errand_fingerprint" ON "signalbox"."errand" USING btree ("fingerprint");--> statement-breakpoint
CREATE INDEX "receiver_paused" ON "signalbox"."receiver" USING btree ("id") WHERE "signalbox"."receiver"."paused_at" is not null;--> statement-breakpoint
CREATE INDEX "settled_unfinished" ON "signalbox"."settled" USING btree ("finished_at") WHERE "signalbox"."settled"."state" <> 'completed';