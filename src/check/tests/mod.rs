mod dsl;
