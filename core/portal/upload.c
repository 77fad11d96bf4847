// SPDX-License-Identifier: Apache-2.0
// Forms with files. The file goes to its keeper before the operation is called; when the form comes
// back with another mistake, what was sent need not be sent again: its handle stands in the form.

#include "host/upload.h"
#include "host/broker.h"
#include "http/multipart.h"
#include "portal/visit.h"

static bool add_text(struct visit *visit, const struct multipart_part *part)
{
    if (visit->form_count == VISIT_PAIRS || !str_is_utf8(part->name) || !str_is_utf8(part->body))
        return false;
    visit->form[visit->form_count++] = (struct page_pair){part->name, part->body};
    return true;
}

static bool add_file(struct visit *visit, const struct multipart_part *part)
{
    if (part->body.size == 0) // none was chosen
        return true;
    if (visit->file_count == VISIT_FILES || !str_is_utf8(part->name))
        return false;
    visit->files[visit->file_count++] = (struct visit_file){part->name, part->type, part->body};
    return true;
}

bool visit_read_multipart(struct visit *visit)
{
    struct multipart multipart;
    struct multipart_part part;
    struct str type = http_request_field(visit->http, "content-type");
    int more = multipart_begin(&multipart, type, visit->http->body) ? 1 : -1;
    while (more == 1 && (more = multipart_next(&multipart, &part)) == 1)
        if (!(part.filename.data ? add_file(visit, &part) : add_text(visit, &part)))
            return false;
    return more == 0;
}

static const char *keyword_of(int rc)
{
    return rc == ERR_INVALID    ? "file-type"
           : rc == ERR_LIMIT    ? "file-size"
           : rc == ERR_CONFLICT ? "file-many"
                                : "file-unknown";
}

static bool take(struct visit *visit, const struct invoke *invoke, const struct visit_file *file,
                 struct problem *problem)
{
    struct err err;
    struct upload upload;
    struct upload_field field;
    const char *name = arena_string(visit->arena, file->name);
    struct uploads *uploads = gate_broker(invoke->gate)->uploads;
    if (!uploads || !upload_field_find(invoke->operation, name, &field))
        return true; // as any other field that the operation does not know: it was never asked for
    struct upload_place place = {id_str(&visit->identity.account), invoke->route->instance,
                                 invoke->operation->id};
    struct upload_content content = {file->content, file->type};
    int rc = uploads_put(uploads, &place, &field, &content, &upload, &err);
    if (rc == 0) {
        json_object_set_new(invoke->input, name, json_string(upload.handle));
        return true;
    }
    json_object_del(invoke->input, name);
    if (rc == ERR_INVALID || rc == ERR_LIMIT || rc == ERR_CONFLICT)
        invoke_fault(problem, name, keyword_of(rc));
    else
        problem_from_err(problem, &err);
    return false;
}

bool visit_take_files(struct visit *visit, const struct invoke *invoke, struct problem *problem)
{
    for (size_t i = 0; i < visit->file_count; i++)
        if (!take(visit, invoke, &visit->files[i], problem))
            return false;
    return true;
}
