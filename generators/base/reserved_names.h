#pragma once
// Words that cannot be the name of a generated library, as data.

#include <string_view>

namespace vitgen {

/// Why a word is reserved: `words` is separated by single spaces.
struct ReservedWords {
  std::string_view reason;
  std::string_view words;
};

inline constexpr ReservedWords reserved_names[] = {
    {"a keyword of C or C++",
     "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
     "char32_t class co_await co_return co_yield compl concept const const_cast consteval "
     "constexpr constinit continue decltype default delete do double dynamic_cast else enum "
     "explicit export extern false float for friend goto if import inline int long module mutable "
     "namespace new noexcept not not_eq nullptr operator or or_eq private protected public "
     "register reinterpret_cast requires restrict return short signed sizeof static static_assert "
     "static_cast struct switch template this thread_local throw true try typedef typeid typename "
     "typeof typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq "
     "final override linux unix i386"},
    {"the name of a standard header",
     "aio assert cpio complex ctype dirent dlfcn endian errno fcntl fenv float fmtmsg fnmatch ftw "
     "glob grp iconv inttypes iso646 langinfo libgen limits locale malloc math memory monetary "
     "mqueue ndbm netdb nl_types poll pthread pwd regex sched search semaphore setjmp signal spawn "
     "stdalign stdarg stdatomic stdbool stdbit stdckdint stddef stdint stdio stdlib stdnoreturn "
     "string strings stropts syslog tar termios tgmath threads time trace uchar ulimit unistd "
     "utime "
     "utmpx wchar wctype wordexp alloca elf link paths features values version cuda"},
    {"the name of a system library",
     "c m rt dl util pthread resolv nsl crypt anl gcc gcc_s gcov atomic gomp asan ubsan tsan lsan "
     "quadmath itm ssp stdcxx supcxx z thread_db mvec bsd"},
    {"a name of the C library",
     "main abort abs access acos alarm asin atan atexit atof atoi atol bind bsearch calloc ceil "
     "chdir chmod chown clock close connect cos cosh ctime dup environ erf exec exit exp fabs "
     "fclose feof ferror fflush fgetc fgets floor fmod fopen fork fprintf fputc fputs fread free "
     "frexp fscanf fseek fstat ftell fwrite getc getchar getenv getpid gets gmtime index isalpha "
     "kill ldexp listen localtime log lseek lstat memchr memcmp memcpy memmove memset mkdir mktime "
     "mmap modf munmap nan open opendir optarg optind pause perror pipe pow printf putc putchar "
     "puts qsort raise rand read readdir realloc recv remove rename rewind rindex rmdir round "
     "scanf select send setbuf setenv sin sinh sleep socket sprintf sqrt srand sscanf stat stderr "
     "stdin stdout strcat strchr strcmp strcpy strdup strerror strlen strncpy strstr strtod strtol "
     "symlink system tan tanh tmpfile tolower toupper trunc umask uname ungetc unlink wait waitpid "
     "write shm sem mq pidfd dbm posix libc libm abi error start end edata etext data bss init "
     "fini"},
};

}  // namespace vitgen
