struct Point { int x, y; };
struct Shape {
  int id;
  char name[10];
  short sides[3];
  unsigned filled : 3, dashed : 5;
  struct Shape *next;
  union { long area; int half; };
  enum Color { RED, GREEN = 7, BLUE = -1 } color;
  double weight;
  struct Point corners[2];
};
typedef struct Point point_t;

volatile int sink;

static inline __attribute__((always_inline)) int tripled(int x)
{
  sink = x;
  return sink * 3;
}

__attribute__((noinline)) int draw(struct Shape *shape, const char *text, unsigned char level,
                                   const point_t at, double scale, char *const *rest)
{
  int result = tripled(shape->id) + level;
  sink = text[0] + at.x + (int)scale + (rest != 0);
  return result;
}

int main(int argc, char **argv)
{
  struct Shape shape = { .id = argc };
  point_t at = { 1, 2 };
  return draw(&shape, argv[0], 3, at, 1.5, argv);
}
