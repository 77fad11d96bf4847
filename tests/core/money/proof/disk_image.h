// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MONEY_PROOF_DISK_IMAGE_H
#define TESTS_MONEY_PROOF_DISK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

// What of a file is on the disk for certain, and what was written since and is not. disk.c keeps
// these in step with the files and guards them with its lock.
struct disk_image;

struct disk_image *disk_image_of(const char *path); // made when there is none
bool disk_image_is_new(const struct disk_image *image);

// The file has that size, all of it on the disk; the bytes are to be filled in.
char *disk_image_start(struct disk_image *image, size_t size);

void disk_image_write(struct disk_image *image, const void *bytes, size_t size, size_t at);
void disk_image_truncate(struct disk_image *image, size_t size);
void disk_image_sync(struct disk_image *image);
void disk_image_sync_failed(struct disk_image *image, unsigned seed);
void disk_image_delete(struct disk_image *image, bool for_good);

// The power goes: of each image what survives is decided.
void disk_images_cut(unsigned seed);
// The files become that.
void disk_images_write_back(void);
void disk_images_forget(void);

#endif
