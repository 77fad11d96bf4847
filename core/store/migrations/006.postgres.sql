-- expand: plugins: the signatures of their files
-- SPDX-License-Identifier: Apache-2.0

-- The text of the signature file that came with a version; '' for one that was loaded without.
ALTER TABLE plugin_version ADD COLUMN signature TEXT NOT NULL DEFAULT '';
