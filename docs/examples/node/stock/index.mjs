export const handler = async ({ item }) => ({ item, inStock: 7 });
