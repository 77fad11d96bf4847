# SPDX-License-Identifier: Apache-2.0
# medina_plugin(NAME [SOURCES a.c b.c …] [DATA file]) builds NAME.so from the folder it is called in:
#   NAME.c                           the handlers (or SOURCES)
#   NAME.json                        the manifest
#   strings/en.json, strings/ar.json the plugin's texts
# The file needs libc and libm only and exports one symbol; manifest, strings and data are sections
# of it, which the host reads without executing anything.
set(MEDINA_SDK_DIR ${CMAKE_CURRENT_LIST_DIR})

function(medina_plugin name)
    cmake_parse_arguments(PLUGIN "" "DATA;OUTPUT" "SOURCES" ${ARGN})
    if(NOT PLUGIN_SOURCES)
        set(PLUGIN_SOURCES ${name}.c)
    endif()
    set(MEDINA_MANIFEST ${CMAKE_CURRENT_SOURCE_DIR}/${name}.json)
    set(MEDINA_STRINGS_EN ${CMAKE_CURRENT_SOURCE_DIR}/strings/en.json)
    set(MEDINA_STRINGS_AR ${CMAKE_CURRENT_SOURCE_DIR}/strings/ar.json)
    set(MEDINA_DATA ${CMAKE_CURRENT_BINARY_DIR}/no-data)
    file(TOUCH ${MEDINA_DATA})
    if(PLUGIN_DATA)
        set(MEDINA_DATA ${CMAKE_CURRENT_SOURCE_DIR}/${PLUGIN_DATA})
    endif()
    set(embed ${CMAKE_CURRENT_BINARY_DIR}/${name}_embed.S)
    configure_file(${MEDINA_SDK_DIR}/lib/embed.S.in ${embed} @ONLY)
    set_source_files_properties(${embed} PROPERTIES OBJECT_DEPENDS
        "${MEDINA_MANIFEST};${MEDINA_STRINGS_EN};${MEDINA_STRINGS_AR};${MEDINA_DATA}")

    add_library(${name} MODULE ${PLUGIN_SOURCES} ${embed})
    set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins
        LINK_DEPENDS ${MEDINA_SDK_DIR}/lib/plugin.map)
    if(PLUGIN_OUTPUT)
        set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PLUGIN_OUTPUT})
    endif()
    target_link_libraries(${name} PRIVATE medina_sdk)
    target_link_options(${name} PRIVATE -Wl,--version-script=${MEDINA_SDK_DIR}/lib/plugin.map
        -Wl,-u,medina_plugin_v1 -Wl,-z,defs -Wl,-z,relro,-z,now,-z,noexecstack)
    if(MEDINA_SANITIZE)
        # The runner brings the sanitizer's runtime; the plugin finds it there.
        target_link_options(${name} PRIVATE -Wl,-z,undefs)
    endif()
endfunction()
