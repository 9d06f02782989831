set(row "op_entry<@TYPE@Spec>()")
