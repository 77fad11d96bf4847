# SPDX-License-Identifier: Apache-2.0
# Compiles migrations/NNN.{sqlite,postgres}.sql into room_store. Included from core/CMakeLists.txt;
# run again as a script (cmake -DOUT=… -P) whenever a migration changes.
if(CMAKE_SCRIPT_MODE_FILE)
    file(GLOB files ${CMAKE_CURRENT_LIST_DIR}/*.sqlite.sql)
    list(SORT files)
    set(arrays "")
    set(rows "")
    set(expected 1)
    foreach(file ${files})
        get_filename_component(number ${file} NAME_WE)
        math(EXPR value "10${number} % 1000")
        if(NOT value EQUAL expected)
            message(FATAL_ERROR "${file}: the next migration is number ${expected}")
        endif()
        foreach(engine sqlite postgres)
            file(READ ${CMAKE_CURRENT_LIST_DIR}/${number}.${engine}.sql hex HEX)
            string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
            string(APPEND arrays "static const char ${engine}_${number}[] = {${bytes}0};\n")
        endforeach()
        string(APPEND rows "    {${value}, sqlite_${number}, postgres_${number}},\n")
        math(EXPR expected "${expected} + 1")
    endforeach()
    file(WRITE ${OUT} "#include \"store/migrate.h\"\n\n${arrays}\n"
        "static const struct migration migrations[] = {\n${rows}};\n\n"
        "const struct migration *migration_all(size_t *count)\n{\n"
        "    *count = sizeof migrations / sizeof *migrations;\n    return migrations;\n}\n")
else()
    file(GLOB migration_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.sql)
    set(migrations_c ${CMAKE_CURRENT_BINARY_DIR}/migrations.c)
    add_custom_command(OUTPUT ${migrations_c}
        COMMAND ${CMAKE_COMMAND} -DOUT=${migrations_c} -P ${CMAKE_CURRENT_LIST_FILE}
        DEPENDS ${migration_files} ${CMAKE_CURRENT_LIST_FILE} VERBATIM)
    target_sources(room_store PRIVATE ${migrations_c})
endif()
