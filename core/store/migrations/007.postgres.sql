-- expand: plugins: trial, way back, and who did what
-- SPDX-License-Identifier: Apache-2.0

-- previous: the version to go back to, '' for none. highest: the newest that ever served.
-- runners: processes of a version. canary: the version on trial for share/10000 of the citizens,
-- '' for none; promote_ms: serves all after that long without a fault, 0 for never by itself.
-- settles_at: the end of the cool-down after the last switch in epoch ms, 0 when it has passed.
ALTER TABLE plugin_instance ADD COLUMN previous TEXT NOT NULL DEFAULT '';
ALTER TABLE plugin_instance ADD COLUMN highest TEXT NOT NULL DEFAULT '';
ALTER TABLE plugin_instance ADD COLUMN runners BIGINT NOT NULL DEFAULT 0;
ALTER TABLE plugin_instance ADD COLUMN canary TEXT NOT NULL DEFAULT '';
ALTER TABLE plugin_instance ADD COLUMN share BIGINT NOT NULL DEFAULT 0;
ALTER TABLE plugin_instance ADD COLUMN promote_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE plugin_instance ADD COLUMN settles_at BIGINT NOT NULL DEFAULT 0;

-- A version keeps the configuration it was loaded with ('' where that is the instance's), and why
-- it must not be started again ('' when nothing is against it).
ALTER TABLE plugin_version ADD COLUMN configuration TEXT NOT NULL DEFAULT '';
ALTER TABLE plugin_version ADD COLUMN quarantine TEXT NOT NULL DEFAULT '';

-- Who did what to an instance, when and why; also what the host did by itself. Stays when the
-- instance goes.
CREATE TABLE plugin_event (
    id TEXT NOT NULL PRIMARY KEY,
    instance TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    verb TEXT NOT NULL,
    version TEXT NOT NULL,
    reason TEXT NOT NULL,
    outcome TEXT NOT NULL
);
CREATE INDEX plugin_event_instance ON plugin_event (instance, id);
