// SPDX-License-Identifier: GPL-2.0
/*
 * A module with the bugs that the debug kernel is there to find, one of them for each
 * load: insmod xsrtp_splat.ko bug=NAME. tests/vm/selftest.sh debug wants each reported.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static char *bug = "";
module_param(bug, charp, 0);

static DEFINE_SPINLOCK(first);
static DEFINE_SPINLOCK(second);
static int __rcu *shared;

static void use_after_free(void)
{
	int *p = kmalloc(64, GFP_KERNEL);

	kfree(p);
	if (p)
		pr_info("%d\n", READ_ONCE(*p));
}

static void shift_too_far(void)
{
	int bits = 40;

	OPTIMIZER_HIDE_VAR(bits);
	pr_info("%d\n", 1 << bits);
}

static void take(spinlock_t *outer, spinlock_t *inner)
{
	spin_lock(outer);
	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock(outer);
}

static void lock_in_both_orders(void)
{
	take(&first, &second);
	take(&second, &first);
}

static void sleep_under_lock(void)
{
	spin_lock(&first);
	msleep(1);
	spin_unlock(&first);
}

static void read_outside_rcu(void)
{
	pr_info("%p\n", rcu_dereference(shared));
}

/* Several: one of them may still be pointed at by what is left on a stack. */
static void leak(void)
{
	int i;

	for (i = 0; i < 16; i++)
		pr_info("%p\n", kmalloc(96, GFP_KERNEL));
}

static const struct {
	const char *name;
	void (*run)(void);
} bugs[] = {
	{ "use-after-free", use_after_free },
	{ "shift", shift_too_far },
	{ "lock-order", lock_in_both_orders },
	{ "sleep", sleep_under_lock },
	{ "rcu", read_outside_rcu },
	{ "leak", leak },
};

static int __init splat_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bug, bugs[i].name))
			continue;
		bugs[i].run();
		return 0;
	}
	return -EINVAL;
}

static void __exit splat_exit(void)
{
}

module_init(splat_init);
module_exit(splat_exit);
MODULE_DESCRIPTION("Bugs on purpose, for the tests of the tests");
MODULE_LICENSE("GPL");
