// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_LIST_H
#define MEDINA_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

// An intrusive doubly linked list: the node lives inside its element, so linking never allocates.
// A list head is a node too; list_init makes it a ring of itself.
struct list {
    struct list *next;
    struct list *prev;
};

// The element that holds this node: LIST_ELEMENT(node, struct job, queue_node).
#define LIST_ELEMENT(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

// Walks the list; the current element may be removed (not its neighbours).
#define LIST_EACH(head, node)                                                                      \
    for (struct list *node = (head)->next, *node##_next = node->next; node != (head);              \
         node = node##_next, node##_next = node->next)

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_append(struct list *head, struct list *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}

// Unlinks the node and leaves it a ring of itself, so that a second call does no harm.
static inline void list_remove(struct list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

static inline struct list *list_take_first(struct list *head)
{
    struct list *node = head->next;
    if (node == head)
        return NULL;
    list_remove(node);
    return node;
}

// Moves all nodes of from to the end of to; from is empty afterwards.
static inline void list_splice(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

#endif
