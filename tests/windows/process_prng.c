/* For tests only: Wine 8 lacks bcryptprimitives.dll, from which Rust's standard library takes its random bytes. Stands beside
   the program under test, and asks advapi32 for them instead. */

#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
  return SystemFunction036(bytes, (ULONG)length);
}
