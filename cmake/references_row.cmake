set(row "reference_entry<@TYPE@Spec>()")
# Each op's reference lives in a file of its own; the table needs its declaration.
set(declaration "template <>\nReferenceEntry reference_entry<@TYPE@Spec>();\n")
