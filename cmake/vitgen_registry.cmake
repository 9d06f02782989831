# The file list is the registry: a table is written from the names in a folder. A central list
# would be a second place to edit, and static-initialiser registration is dropped by the linker
# when it takes members out of a static library.

function(vitgen_camel_case name out)
  string(REPLACE "_" ";" words "${name}")
  set(camel "")
  foreach(word IN LISTS words)
    string(SUBSTRING "${word}" 0 1 head)
    string(SUBSTRING "${word}" 1 -1 tail)
    string(TOUPPER "${head}" head)
    string(APPEND camel "${head}${tail}")
  endforeach()
  set(${out} "${camel}" PARENT_SCOPE)
endfunction()

# vitgen_registry(<kind> <output> [folder...]): writes <output> from this folder's *.h (or those of
# the folders named). For each file x.h the template cmake/<kind>_table.cpp.in gets one include and
# one row, made from @INCLUDE@, @NAME@ (x), @TYPE@ (X) and
# @FOLDER_TYPE@ (the folder's name in the same form).
function(vitgen_registry kind output)
  set(includes "")
  set(rows "")
  set(declarations "")
  set(declaration "")
  set(folders ${ARGN})
  if(NOT folders)
    set(folders ".")
  endif()
  include(${PROJECT_SOURCE_DIR}/cmake/${kind}_row.cmake)
  foreach(folder IN LISTS folders)
    get_filename_component(folder_name ${folder} NAME)
    vitgen_camel_case("${folder_name}" FOLDER_TYPE)
    file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.h)
    if(kind STREQUAL "rules")  # the more special of two is called like the other and something more
      list(REVERSE headers)
    endif()
    foreach(header IN LISTS headers)
      get_filename_component(NAME ${header} NAME_WE)
      vitgen_camel_case(${NAME} TYPE)
      file(RELATIVE_PATH INCLUDE ${PROJECT_SOURCE_DIR} ${header})
      string(APPEND includes "#include \"${INCLUDE}\"\n")
      string(CONFIGURE "${row}" text @ONLY)
      string(APPEND rows "      ${text},\n")
      string(CONFIGURE "${declaration}" text @ONLY)
      string(APPEND declarations "${text}")
    endforeach()
  endforeach()
  set(INCLUDES "${includes}")
  set(ROWS "${rows}")
  set(DECLARATIONS "${declarations}")
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${kind}_table.cpp.in ${output} @ONLY)
endfunction()
