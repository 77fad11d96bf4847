-- expand: plugins: files, instances, their storage
-- SPDX-License-Identifier: Apache-2.0

-- A plugin file or a data file, kept by the SHA-256 of its bytes.
CREATE TABLE plugin_file (
    hash TEXT NOT NULL PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- What a host brings back when it starts. data is the hash of a data file, '' for the plugin's own.
CREATE TABLE plugin_instance (
    name TEXT NOT NULL PRIMARY KEY,
    configuration TEXT NOT NULL,
    version TEXT NOT NULL,
    data TEXT NOT NULL,
    generation INTEGER NOT NULL
) STRICT;

CREATE TABLE plugin_version (
    instance TEXT NOT NULL REFERENCES plugin_instance (name),
    version TEXT NOT NULL,
    hash TEXT NOT NULL REFERENCES plugin_file (hash),
    PRIMARY KEY (instance, version)
) STRICT;

-- expires is an instant in epoch ms, 0 for never.
CREATE TABLE plugin_value (
    instance TEXT NOT NULL,
    name BLOB NOT NULL,
    value BLOB NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (instance, name)
) STRICT;

-- Bytes of names and values that an instance holds.
CREATE TABLE plugin_usage (
    instance TEXT NOT NULL PRIMARY KEY,
    bytes INTEGER NOT NULL CHECK (bytes >= 0)
) STRICT;
